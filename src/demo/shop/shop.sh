#!/bin/sh
# Builds and deploys the demo's shop: one step a call. The site keeps running until maintenance-on.
set -eu
case "$1" in
validate)
  for file in *.txt; do
    if grep -q '{{' "$file"; then
      echo "$file: the template ends inside of {{" >&2
      exit 1
    fi
  done
  ;;
compile)
  mkdir -p public
  for file in *.txt; do
    sed 's/&/\&amp;/g; s/</\&lt;/g; s/^/<li>/; s/$/<\/li>/' "$file"
  done > public/list.html
  ;;
static-content)
  cd public
  {
    printf '<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    printf '<title>Acme store</title><link rel="stylesheet" href="style.css"><h1>Acme store</h1><ul>'
    cat list.html
    printf '</ul>'
  } > index.html
  printf 'body{font:1.1rem system-ui;max-width:32rem;margin:3rem auto;padding:0 1rem}li{margin:.4rem 0}' > style.css
  ;;
maintenance-on) touch "$SHOP_SITE/maintenance" ;;
install)
  # Long enough to be seen.
  sleep 0.2
  if [ "$TOWPATH_ENVIRONMENT" = production ] && grep -qs 'LOCK' migration.sql; then
    echo "running migration.sql on 4,000,000 products" >&2
    echo "ERROR 1205: lock wait timeout exceeded on table products" >&2
    exit 1
  fi
  rm -rf "$SHOP_SITE/next"
  cp -R public "$SHOP_SITE/next"
  ;;
routing)
  rm -rf "$SHOP_SITE/current"
  mv "$SHOP_SITE/next" "$SHOP_SITE/current"
  ;;
maintenance-off) rm -f "$SHOP_SITE/maintenance" ;;
smoke)
  test ! -e "$SHOP_SITE/maintenance"
  grep -q '<h1>Acme store</h1>' "$SHOP_SITE/current/index.html"
  ;;
esac
