#!/bin/sh
# Deploys the demo's project of Adobe Commerce: it writes what ece-tools writes. On staging the database cannot be upgraded.
set -eu
log() {
  echo "[$(date -u +%Y-%m-%dT%H:%M:%S+00:00)] $*" | tee -a "$SHOP_SITE/deploy.log"
}
: > "$SHOP_SITE/deploy.log"
log "INFO: Starting scenario(s): scenario/deploy.xml (magento/ece-tools version: 2002.2.1)"
log "NOTICE: Enabling Maintenance mode"
log "INFO: Starting update."
if [ "$TOWPATH_ENVIRONMENT" = staging ]; then
  log "CRITICAL: [126] The upgrade command failed"
  exit 126
fi
log "INFO: End of update."
log "NOTICE: Maintenance mode is disabled."
log "INFO: Scenario(s) finished"
