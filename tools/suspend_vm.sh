#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# suspend_vm.sh BIN OUT CYCLES: both roles on a stock Debian kernel in QEMU, under a contract
# that suspends between cycles. Leaves OUT/reports (the record log), OUT/console.log and the
# roles' logs. 77: something it needs is not there, named on stderr.
#
# The machine is `pc` without KVM: neither q35 nor KVM wakes up again from suspend.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
bin=$1
out=$2
cycles=$3
kernel=${TORPOR_VM_KERNEL:-$root/build/vm/vmlinuz}

missing() {
  echo "suspend_vm: $1 is not there; tools/dev test brings it" >&2
  exit 77
}
for program in qemu-system-x86_64 cpio base64 gzip; do
  command -v "$program" >/dev/null || missing "$program"
done
busybox=$(command -v busybox) || missing busybox
ldd "$busybox" >/dev/null 2>&1 && missing "a static busybox"
[ -r "$kernel" ] || missing "$kernel"

mkdir -p "$out"
initrd=$out/initrd
rm -rf "$initrd" "$out/reports" "$out/keys"
mkdir -p "$initrd"/{bin,proc,sys,dev,tmp,robot}

# A window of half a second every 12 s: the shortest cycle that leaves the kernel enough to
# suspend. Limits are wide, for this processor is emulated.
"$bin/torpor" key new --out "$out/keys" >/dev/null
sed -e 's/^sleep_ms = .*/sleep_ms = 11500/' -e 's/^interval_tolerance_ms = .*/interval_tolerance_ms = 1500/' \
  -e 's/^sleep_level = .*/sleep_level = "suspend"/' -e 's/^awake_limit_ms = .*/awake_limit_ms = 9000/' \
  -e 's/^infer_deadline_ms = .*/infer_deadline_ms = 6000/' "$root/examples/demo.toml" >"$out/contract.toml"
"$bin/torpor" contract sign "$out/contract.toml" --key "$out"/keys/*.key --out "$initrd/robot/bundle" \
  --sequence 1 --not-before 2026-01-01T00:00:00Z --expires +90d >/dev/null
cp "$out"/keys/*.pub "$initrd/robot/trust"
cp "$root/examples/site.toml" "$initrd/robot/site.toml"
cp "$root/data/detector.model" "$initrd/robot/model"
chmod 644 "$initrd"/robot/*

cp "$busybox" "$initrd/bin/busybox"
for program in torpord torpor-sampler; do
  cp "$bin/$program" "$initrd/bin/"
  ldd "$bin/$program" | grep -o '/[^ ]*' | while read -r library; do
    mkdir -p "$initrd$(dirname "$library")"
    cp -Lf "$library" "$initrd$library"
  done
done

cat >"$initrd/init" <<INIT
#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sysfs /sys
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox --install -s /bin
export PATH=/bin
cd /robot
mkdir -p sampler detector
roles="--bundle bundle --trust trust --site site.toml --link unix:/tmp/link"
torpor-sampler \$roles --source sim:7 --state sampler 2>sampler.log &
torpord \$roles --model model --state detector --reports reports --cycles $cycles 2>detector.log
echo \$? >detector.exit
wait \$!
echo \$? >sampler.exit
dmesg >kernel.log
echo; echo ==begin==
tar c reports *.log *.exit | gzip | base64
echo ==end==
poweroff -f
INIT
chmod 755 "$initrd/init"
(cd "$initrd" && find . | cpio -o -H newc -R 0:0 --quiet) | gzip -1 >"$out/initrd.gz"

timeout 150 qemu-system-x86_64 -M pc,accel=tcg -cpu max -m 256 -nodefaults -no-reboot -display none \
  -serial stdio -kernel "$kernel" -initrd "$out/initrd.gz" -append "console=ttyS0 quiet panic=-1" \
  </dev/null >"$out/console.log" 2>&1 || {
  tail -n 40 "$out/console.log" >&2
  exit 1
}
tr -d '\r' <"$out/console.log" | sed -n '/^==begin==$/,/^==end==$/{//!p}' | base64 -d | tar xz -C "$out"
