"""A run of questions: which one is meant, its pairs, and what people decided and wish."""
