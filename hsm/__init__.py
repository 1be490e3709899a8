"""Keys on PKCS#11 tokens: signing with them in processes of their own, and making them."""
