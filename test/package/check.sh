#!/bin/sh
# Installs the packed package in an empty folder, as a stranger does, and explains a photograph there. Needs the registry.
# usage: npm run test:package
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$root"
npm pack --silent --pack-destination "$folder" >/dev/null
cp test/package/consumer.* "$folder"
cd "$folder"
echo '{ "private": true }' >package.json
# Without this switch the install script of onnxruntime-node downloads CUDA libraries on Linux.
ONNXRUNTIME_NODE_INSTALL=skip npm install --silent --no-audit --no-fund ./fullgrad-*.tgz

npx --no-install fullgrad explain "$root/fixtures/efficientnet-lite0/efficientnet-lite0.onnx" \
  "$root/fixtures/images/chelsea.png" -o out | grep "282 tiger cat"
node consumer.mjs
node consumer.cjs
for resolution in node16 nodenext bundler; do
  module=$resolution
  [ "$resolution" = bundler ] && module=esnext
  node "$root/node_modules/typescript/bin/tsc" --noEmit --strict --skipLibCheck false --target es2022 \
    --lib es2022,dom --module "$module" --moduleResolution "$resolution" consumer.mts
done
echo "packed package: $(du -sm node_modules | cut -f1) MB in $(find node_modules -name package.json -path '*node_modules/*' -prune | wc -l) packages"
