"""The use cases of fund audit; one public method is one transaction and one sentence of business."""
