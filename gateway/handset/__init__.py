"""`/phone`: two drawn phones that use the gateway through its real webhooks; demo and rehearsal only."""
