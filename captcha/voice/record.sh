#!/bin/sh
# Records the digits that captcha/sound.py speaks: a mono WAV each, 8 kHz, 8 bits, quiet consonants lifted (an old ear
# needs them), silence cut off at both ends, all equally loud. Needs espeak-ng and sox; run it again only to change
# the voice, and commit what it wrote.
set -eu
cd "$(dirname "$0")"
spoken=$(mktemp)
trap 'rm -f "$spoken"' EXIT
lift="compand 0.001,0.05 6:-60,-60,-35,-20,-20,-10,0,-4 0 -90 0.001"
edge="silence 1 0.002 1%"
for digit in 2 3 4 5 6 7 8 9; do
    espeak-ng -v ru -s 95 -p 45 -w "$spoken" "$digit"
    # shellcheck disable=SC2086 # the effects are several words on purpose
    sox -R -t wav "$spoken" -r 8000 -b 8 -e unsigned-integer -c 1 "$digit.wav" \
        tempo -s 0.9 rate 8000 highpass 120 norm -1 $lift \
        $edge reverse $edge fade t 0.01 reverse fade t 0.005 norm -1 gain -l 6
done
