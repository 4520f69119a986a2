#!/bin/sh
# Makes the two faces of the printed papers from DejaVu 2.37: Latin, Cyrillic (also of the peoples of Russia) and
# the signs of a bill, without hints and layout tables. Needs the faces of Debian's fonts-dejavu-core or the
# upstream release, and pyftsubset of fonttools.   Usage: documents/fonts/subset.sh FOLDER_OF_DEJAVU
set -eu
here=$(dirname "$0")
latin=U+0020-007E,U+00A0,U+00A7,U+00A9,U+00AB,U+00AE,U+00B0-00B3,U+00B7,U+00BB-00BE,U+00C0-00FF
cyrillic=U+0400-045F,U+0490-049B,U+04A0-04A5,U+04AA-04AB,U+04AE-04B3,U+04BA-04BB,U+04C0,U+04CF-04D1,U+04D4-04D9
cyrillic=$cyrillic,U+04DC-04DF,U+04E2-04E9,U+04EE-04F5,U+04F8-04F9
signs=U+2009,U+2011,U+2013,U+2014,U+2018-201E,U+2022,U+2026,U+2030,U+2032,U+2033,U+202F
signs=$signs,U+20BD,U+2116,U+2192,U+2212,U+2248,U+2264,U+2265
for face in DejaVuSansCondensed DejaVuSansCondensed-Bold; do
    pyftsubset "$1/$face.ttf" --output-file="$here/$face.ttf" --unicodes="$latin,$cyrillic,$signs" \
        --no-hinting --notdef-outline --layout-features= --drop-tables+=GSUB,GPOS,GDEF,MATH,kern,FFTM,gasp
done
