package clock

import (
	"testing"
	"time"
)

func TestDays(t *testing.T) {
	for d := time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC); d.Year() < 2200; d = d.AddDate(0, 0, 1) {
		want := uint64(d.Unix() / 86400)
		if got := days(uint64(d.Year()), uint64(d.Month()), uint64(d.Day())); got != want {
			t.Fatalf("%v: %d days, want %d", d, got, want)
		}
	}
}
