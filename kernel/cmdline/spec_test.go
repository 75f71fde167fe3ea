package cmdline

import (
	"strings"
	"testing"
)

func TestSpec(t *testing.T) {
	for _, c := range []struct {
		option string
		value  uint64
		ok     bool
	}{
		{"alloc=buddy", 0, true}, {"alloc=bump", 1, true}, {"alloc=slab", 0, false},
		{"log=error", 0, true}, {"log=debug", 3, true}, {"log=debug,net=info", 0, true}, {"log=disk=info", 0, false}, {"log=", 0, false}, {"log=debugger", 0, false}, {"log=Warn", 0, false},
		{"restart=on-failure", 1, true}, {"restart=on", 0, false},
		{"sched=coop", 1, true}, {"sched=fair", 0, false},
		{"crash=report", 0, true}, {"crash=", 0, false}, {"entropy=insecure", 0, true}, {"entropy=secure", 0, false},
		{"time=12", 12, true}, {"time=noon", 0, false},
		{"grace=0", 0, true}, {"grace=5", 5, true}, {"grace=-1", 0, false},
		{"hostname=", 0, true}, {"hostname=" + strings.Repeat("x", 64), 0, true}, {"hostname=" + strings.Repeat("x", 65), 0, false},
	} {
		key, value, _ := strings.Cut(c.option, "=")
		s := Find(key)
		if s == nil {
			t.Fatalf("no %s", key)
		}
		if n, ok := s.Value([]byte(value)); n != c.value || ok != c.ok {
			t.Errorf("%s: %d, %v, want %d, %v", c.option, n, ok, c.value, c.ok)
		}
	}
	if s := Find("ip"); s != nil {
		t.Errorf("%v is the network's", s)
	}
}
