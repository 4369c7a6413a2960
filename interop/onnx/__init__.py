"""ONNX: ANN and unrolled SNN as one graph that ONNX Runtime runs and Netron shows."""
