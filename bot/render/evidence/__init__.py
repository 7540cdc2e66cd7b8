"""What an auditor is handed: runs, drills, exceptions, sign-offs and reviews of a stretch of time, asset by asset."""
