#!/bin/sh
# Fails when an object built for one ISA exports a weak symbol: the linker might pick that copy of a
# shared inline function for the whole program, and an older machine would crash in it.
# usage: weak_symbols.sh NM object...
nm=$1
shift
bad=0
checked=0
for object in "$@"; do
  case $object in
    */x86_*.o | */arm_*.o) ;;
    *) continue ;;
  esac
  checked=$((checked + 1))
  weak=$("$nm" -C --defined-only "$object" | grep -E ' [WVu] ')
  if [ -n "$weak" ]; then
    echo "weak symbols in $object:"
    echo "$weak"
    bad=1
  fi
done
echo "$checked objects checked"
exit $bad
