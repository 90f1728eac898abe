#!/bin/sh
# Makes the files here with the program of commit a74b987: what later programs must read, continue
# and export as that one did.
#
#     git checkout a74b987 && swift build -c release
#     sh Tests/Fixtures/a74b987/make.sh .build/release/crate-lm
#
# That commit has not got this folder, which has to hold nothing but this file: nothing is
# overwritten.
#
#     text/                   the texts that all else is made of
#     bpe/, wordpiece/        a tokenizer each, and
#     data-bpe/, data-wordpiece/   those texts packed with it
#     runs/NAME/              a run of 8 updates as it stands when the machine stops in the seventh:
#                             the checkpoint of the fourth, whose weights are the run's (to save
#                             room they lie there alone), and the metrics of six
#     exports/NAME/           two of these runs exported, without the program in Python
#     expected/               what the program prints about them, the SHA-256 of the exported files
#                             and the metrics of all 8 updates
#     expected/KERNEL/        what `doctor` says with these kernels of the BLAS, and the SHA-256 of
#                             the weights and moments that each run goes on to: the numbers that
#                             follow a file's header. Other processors give other bits.
set -eu
program=$(realpath "$1")
here=$(realpath "$(dirname "$0")")
stories=$here/../../../corpora/stories
cd "$here"

mkdir text expected
for story in 02-nine-sheep-and-tobin 05-three-songs-for-the-river 21-six-buttons; do
  head -n 24 "$stories/$story.txt" > "text/$story.txt"
done
export OPENBLAS_CORETYPE=Haswell

# The numbers of a safetensors file: what follows its header, whose length the first 8 bytes give.
numbers() {
  tail -c +$((9 + $(od -An -tu8 -N8 "$1"))) "$1" | sha256sum | cut -c1-64
}

# Trains the run $1 with the options that follow.
pretrain() {
  "$program" pretrain --data data-$kind --objective $objective --architecture $architecture \
    --depth 2 --width 8 --heads 2 --context 16 --batch 4 --microbatch 2 --steps 8 --eval-every 2 \
    --save-every 4 --sample-every 8 --keep 2 --learning-rate 0.02 --seed 7 --threads 2 --quiet -o "$@"
}

sentence='Señor Tobin counted — nine  sheep, 1234 东 times.'
for kind in bpe wordpiece; do
  size=280
  [ $kind = bpe ] || size=120
  "$program" tokenizer train text --type $kind --vocab-size $size -o $kind --quiet
  "$program" data pack text --tokenizer $kind -o data-$kind --validation 0.2 --quiet
  "$program" tokenizer encode --text "$sentence" --tokenizer $kind --json > expected/encode-$kind.json
  "$program" data inspect data-$kind --json > expected/inspect-$kind.json
done

for objective in causal masked; do
  kind=bpe
  [ $objective = causal ] || kind=wordpiece
  for architecture in crate crate-overcomplete crate-alpha transformer; do
    name=$architecture-$objective
    run=runs/$name
    mkdir expected/$name
    pretrain $run
    cp $run/metrics.jsonl expected/$name
    rm -r $run/checkpoints/step-00000008 $run/model.safetensors
    cp $run/checkpoints/step-00000004/model.safetensors $run
    sed -i 6q $run/metrics.jsonl

    for kernels in Haswell SkylakeX; do
      mkdir -p expected/$kernels
      cp -r $run continued
      OPENBLAS_CORETYPE=$kernels "$program" doctor --json > expected/$kernels/doctor.json
      OPENBLAS_CORETYPE=$kernels pretrain continued --resume auto
      for part in model optimizer; do
        numbers continued/checkpoints/step-00000008/$part.safetensors
      done > expected/$kernels/$name.sha256
      rm -r continued
    done

    "$program" evaluate perplexity --model $run --data data-$kind --json > expected/$name/perplexity.json
    "$program" score --model $run --text 'The sheep sleep in the rain.' --json > expected/$name/score.json
    if [ $objective = causal ]; then
      "$program" generate --model $run --prompt 'The sheep' --max-tokens 20 --seed 3 --json --quiet \
        > expected/$name/generate.json
    else
      "$program" fill-mask --model $run 'The [MASK] sleep in the [MASK].' --json \
        > expected/$name/fill-mask.json
    fi
    "$program" export --model $run --format huggingface -o exports/$name --quiet > export.txt
    rm export.txt exports/$name/*.py $run/model.safetensors
    (cd exports/$name && sha256sum *) > expected/$name/export.sha256
    case $name in crate-causal | transformer-masked) ;; *) rm -r exports/$name ;; esac
  done
done
