"""The wages and incomes that several benefits are measured by."""
