"""Where programs report: small signed or tokened requests, judged before anything is done with them."""
