package clock

import (
	"time"

	"github.com/usbarmory/tamago/soc/intel/rtc"

	"yolk/arch/amd64"
)

// InitWall reads the wall clock from the real-time clock chip, once, at boot.
// TamaGo's driver reports an update in progress as an allocated error, which
// kernel context cannot have, so the update is waited out first (Motorola
// MC146818A: at most 2 ms; the bit announces it 244 us ahead).
func InitWall() {
	end := Now() + 5e6
	for updating() && Now() < end {
	}
	cmos := rtc.RTC{Location: time.UTC}
	if t, err := cmos.Now(); err == nil && t.Unix() > 0 {
		SetWall(uint64(t.Unix()) * 1e9)
	}
}

func updating() bool {
	amd64.Out8(rtc.CMOS_RTC_OUT, rtc.STATUSA)
	return amd64.In8(rtc.CMOS_RTC_IN)&(1<<rtc.STATUSA_UIP) != 0
}
