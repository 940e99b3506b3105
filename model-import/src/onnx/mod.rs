//! ONNX networks.
