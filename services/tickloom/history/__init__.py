"""The batch jobs: backfill, reconcile, export."""
