"""The ONNX export."""
