package clock

import (
	"unsafe"

	"github.com/usbarmory/tamago/soc/intel/rtc"

	"yolk/arch/amd64"
)

// The interval timer (Intel 8254): channel 0, counting down at pitHz and
// starting again every 65536 ticks, 54.9 ms.
const (
	pitHz      = 1193182
	pitChan0   = 0x40
	pitControl = 0x43
	pitMode2   = 0x34 // channel 0, low then high byte, rate generator
	pitLatch0  = 0x00
)

func startPIT(*reference) bool {
	amd64.Out8(pitControl, pitMode2)
	amd64.Out8(pitChan0, 0xff)
	amd64.Out8(pitChan0, 0xff)
	return true
}

func countPIT() uint64 {
	amd64.Out8(pitControl, pitLatch0)
	count := uint64(amd64.In8(pitChan0))
	return -(count | uint64(amd64.In8(pitChan0))<<8)
}

// HPETBase is where PCs have the high precision event timers; the kernel maps it
// before Init. Where there are none, nothing answers.
const HPETBase = 0xfed00000

// Registers (Intel, IA-PC HPET Specification 1.0a, 2.3).
const (
	hpetPeriod  = 0x04 // R: femtoseconds for a tick
	hpetConfig  = 0x10 // RW
	hpetCounter = 0xf0 // RW, 64 bits, of which some have 32

	hpetEnable    = 1 << 0
	hpetMaxPeriod = 100e6 // fs
	hpetMinPeriod = 1e6   // a guess that rules out an address where nothing is
)

func hpet(off uintptr) *uint32 { return (*uint32)(unsafe.Pointer(HPETBase + off)) }

func startHPET(r *reference) bool {
	period := uint64(*hpet(hpetPeriod))
	if period < hpetMinPeriod || period > hpetMaxPeriod {
		return false
	}
	r.hz = 1e15 / period
	r.ticks = r.hz / 1000
	*hpet(hpetConfig) |= hpetEnable
	return true
}

func countHPET() uint64 { return uint64(*hpet(hpetCounter)) }

// rtcSeconds counts the real-time clock's seconds: the last resort, for it takes up to
// two. Its faster periodic flag comes late where QEMU has other things to do.
var rtcSeconds struct{ shown, count uint64 }

// startRTC returns when a second begins.
func startRTC(r *reference) bool {
	rtcSeconds.shown = bcd(rtc.SECONDS)
	first := rtcSeconds.count
	for began := amd64.TSC(); countRTC() == first; {
		if rtcSeconds.shown > 59 || amd64.TSC()-began > r.patience {
			return false
		}
	}
	return true
}

func countRTC() uint64 {
	if s := bcd(rtc.SECONDS); s != rtcSeconds.shown {
		rtcSeconds.shown = s
		rtcSeconds.count++
	}
	return rtcSeconds.count
}
