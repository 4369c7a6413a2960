"""A folder for the Hugging Face hub: model, text stage and a model card; read by `interop.hub`."""
