"""What only small local models need: one statement a call, and rules in place of what large models are asked."""
