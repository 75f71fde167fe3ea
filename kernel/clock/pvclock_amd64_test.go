package clock

import (
	"testing"

	"yolk/arch/amd64"
)

func TestPVRate(t *testing.T) {
	for _, c := range []struct {
		mul   uint32
		shift int8
		want  uint64
	}{
		{1 << 31, 0, 2e9},
		{1 << 31, -1, 4e9},
		{1 << 31, 1, 1e9},
		{0xf4240000, -2, 4194304000},
		{4294967295, 0, 1000000000},
	} {
		if got := pvHz(&amd64.PVClock{Mul: c.mul, Shift: c.shift}); got != c.want {
			t.Errorf("%+v: %d", c, got)
		}
	}
}
