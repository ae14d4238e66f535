"""The pages a shopper sees in both demo stores; ``shop`` says what they need from a store."""
