"""The use cases of eligibility: one function, one transaction, one sentence of business."""
