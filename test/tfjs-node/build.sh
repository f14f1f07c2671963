#!/bin/sh
# Builds @tensorflow/tfjs-node where its installer cannot fetch libtensorflow: TensorFlow's C API is taken from the
# Python wheel tensorflow-cpu, and the addon is compiled from the sources in the npm package. Linux, for tests.
#
#   build.sh [FOLDER]    default: node_modules/.cache/tfjs-node of this project; 1.2 GB, some minutes; quick when built
#
# Then, with NODE_PATH=FOLDER/node_modules, `--provider node` finds it.
# Needs npm, g++, Node's headers, and python3 with pip. TFJS_NODE, TENSORFLOW: other versions.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
folder=${1:-$root/node_modules/.cache/tfjs-node}
version=${TFJS_NODE:-4.22.0}
tensorflow=tensorflow-cpu==${TENSORFLOW:-2.21.0}

say() { echo "tfjs-node: $*" >&2; }

mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
packages=$folder/node_modules/@tensorflow
built=$folder/built-$version-node$(node -p 'process.versions.modules')

headers() {
  prefix=$(dirname "$(dirname "$(node -p 'fs.realpathSync(process.execPath)')")")
  for place in "$prefix/include/node" /usr/include/node /usr/include/nodejs/src /usr/local/include/node; do
    if [ -f "$place/node_api.h" ]; then
      echo "$place"
      return
    fi
  done
  say "Node's header node_api.h is not in $prefix/include/node"
  exit 1
}

compile() {
  include=$(headers)

  say "npm package $version"
  [ -f "$folder/package.json" ] || echo '{ "private": true }' >"$folder/package.json"
  (cd "$folder" && npm install --ignore-scripts --no-audit --no-fund --loglevel=error "@tensorflow/tfjs-node@$version" >/dev/null)

  say "TensorFlow's library, from $tensorflow"
  mkdir -p "$folder/wheel"
  ls "$folder"/wheel/tensorflow_cpu*.whl >/dev/null 2>&1 ||
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --python-version 3.11 \
      --dest "$folder/wheel" "$tensorflow"
  python3 - "$folder/wheel" <<'PYTHON'
import pathlib, sys, zipfile

folder = pathlib.Path(sys.argv[1])
libraries = ("tensorflow/libtensorflow_cc.so", "tensorflow/libtensorflow_framework.so")
headers = tuple(f"tensorflow/include/{part}/" for part in ("tensorflow/c", "tensorflow/core/platform", "xla/tsl", "tsl"))
with zipfile.ZipFile(next(folder.glob("tensorflow_cpu*.whl"))) as wheel:
    wheel.extractall(folder, [name for name in wheel.namelist() if name.startswith(libraries + headers)])
for name, link in (("libtensorflow_cc", "libtensorflow"), ("libtensorflow_framework",) * 2):
    (library,) = (folder / "tensorflow").glob(f"{name}.so.*")
    path = folder / "tensorflow" / f"{link}.so"
    path.unlink(missing_ok=True)
    path.symlink_to(library.name)
PYTHON
  rm -f "$folder"/wheel/tensorflow_cpu*.whl

  say "compiling the addon"
  library=$folder/wheel/tensorflow
  cd "$packages/tfjs-node"
  g++ -std=c++17 -O2 -shared -fPIC -DNAPI_VERSION=8 -I. -I"$include" -I"$library/include" \
    binding/tfjs_backend.cc binding/tfjs_binding.cc -o tfjs_binding.node \
    -L"$library" -Wl,-rpath,"$library" -ltensorflow -ltensorflow_framework
  # Of the places where the package looks, by version of Node-API, the newest.
  mkdir -p lib/napi-v8
  cp tfjs_binding.node lib/napi-v8
  cd "$root"
  rm -f "$folder"/built-*
  touch "$built"
}

# npm would install one tfjs for all: this project's.
share() {
  for ours in "$root"/node_modules/@tensorflow/*; do
    theirs=$packages/$(basename "$ours")
    [ "$(readlink "$theirs" || true)" = "$ours" ] && continue
    rm -rf "$theirs"
    ln -s "$ours" "$theirs"
  done
}

[ -f "$built" ] || compile
share
NODE_PATH=$folder/node_modules node -e '
  const tf = require("@tensorflow/tfjs-node");
  const sum = tf.tidy(() => tf.conv2d(tf.ones([1, 4, 4, 2]), tf.ones([3, 3, 2, 1]), 1, "valid").sum().dataSync()[0]);
  if (tf.getBackend() !== "tensorflow" || sum !== 72) throw new Error(`${tf.getBackend()}: ${sum}`);
' 2>"$folder/log" || {
  cat "$folder/log" >&2
  exit 1
}
say "works"
echo "$folder/node_modules"
