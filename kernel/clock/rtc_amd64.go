package clock

import (
	"github.com/usbarmory/tamago/soc/intel/rtc"

	"yolk/arch/amd64"
)

// InitWall reads the wall clock from the real-time clock chip, once, at boot.
//
// The registers are those of TamaGo's driver. Its Now is not used: it returns
// a time.Time, and with that every image would carry the time zone loader and
// its file access, 51 KB.
func InitWall() {
	if s := readRTC(); s != 0 {
		SetWall(s * 1e9)
	}
}

// readRTC returns seconds since 1970, or 0 when the chip shows no sane date.
// An update in progress is waited out (Motorola MC146818A: at most 2 ms; the
// bit announces it 244 us ahead, which is longer than the reading takes).
func readRTC() uint64 {
	for end := Now() + 5e6; cmos(rtc.STATUSA)&(1<<rtc.STATUSA_UIP) != 0 && Now() < end; {
	}
	year := bcd(rtc.CENTURY)*100 + bcd(rtc.YEAR)
	month, day := bcd(rtc.MONTH), bcd(rtc.DOW) // TamaGo's DOW is register 7, the day of the month
	if year < 1970 || month < 1 || month > 12 || day < 1 || day > 31 {
		return 0
	}
	hour := bcd(rtc.HOURS)
	return ((days(year, month, day)*24+hour)*60+bcd(rtc.MINUTES))*60 + bcd(rtc.SECONDS)
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
