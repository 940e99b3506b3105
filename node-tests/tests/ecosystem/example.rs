//! The example in JavaScript on a real node.
