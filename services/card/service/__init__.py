"""The use cases of card: each function is one transaction and one sentence of business."""
