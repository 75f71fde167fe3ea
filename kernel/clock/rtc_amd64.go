package clock

import (
	"github.com/usbarmory/tamago/soc/intel/rtc"

	"yolk/arch/amd64"
)

// InitWall sets the wall clock from the machine's: KVM's, which is exact, or the
// real-time clock chip's, which shows seconds. Without one it stays unset (WallIsSet).
func InitWall() { startWall() }

// readWall returns what the machine's clock shows, from lo to hi nanoseconds since
// 1970; ok is false when it shows nothing now. QEMU's chip was set to a whole second
// when the machine was made, and is late by what it left out.
func readWall() (lo, hi uint64, ok bool) {
	if paravirtual.page != 0 {
		return readKVMWall()
	}
	s, ok := readRTC()
	return s * 1e9, s*1e9 + 2e9 - 1, ok
}

// readRTC returns seconds since 1970. ok is false while the chip changes what it
// shows, and when that is no sane date.
//
// The registers are those of TamaGo's driver. Its Now is not used: it returns a
// time.Time, and with that every image would carry the time zone loader and its
// file access, 51 KB. An update is announced 244 us ahead (Motorola MC146818A); who
// is held up for longer than that between two registers sees other seconds.
func readRTC() (seconds uint64, ok bool) {
	if cmos(rtc.STATUSA)&(1<<rtc.STATUSA_UIP) != 0 {
		return 0, false
	}
	second := bcd(rtc.SECONDS)
	year := bcd(rtc.CENTURY)*100 + bcd(rtc.YEAR)
	month, day := bcd(rtc.MONTH), bcd(rtc.DOW) // TamaGo's DOW is register 7, the day of the month
	hour, minute := bcd(rtc.HOURS), bcd(rtc.MINUTES)
	if year < 1970 || month < 1 || month > 12 || day < 1 || day > 31 || bcd(rtc.SECONDS) != second {
		return 0, false
	}
	return ((days(year, month, day)*24+hour)*60+minute)*60 + second, true
}

func cmos(register uint8) uint8 {
	amd64.Out8(rtc.CMOS_RTC_OUT, register)
	return amd64.In8(rtc.CMOS_RTC_IN)
}

// bcd reads a register in binary-coded decimal, the mode that firmware leaves.
func bcd(register uint8) uint64 {
	v := uint64(cmos(register))
	return v>>4*10 + v&15
}
