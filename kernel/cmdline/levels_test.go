package cmdline

import (
	"strings"
	"testing"
)

func TestLevels(t *testing.T) {
	for value, want := range map[string]Levels{
		"warn":                        {1, 1, 1, 1, 1},
		"netdev=debug":                {9, 9, 9, 3, 9},
		"info,netdev=debug,mem=error": {2, 0, 2, 3, 2},
		"netdev=debug,info":           {2, 2, 2, 2, 2},
		"debug,debug,usb=info":        {3, 3, 3, 3, 2},
	} {
		l := Levels{9, 9, 9, 9, 9}
		if ok := l.Read([]byte(value)); !ok || l != want {
			t.Errorf("%s: %v, %v", value, ok, l)
		}
	}
	for _, value := range []string{"", ",", "info,", ",info", "debugger", "netdev", "netdev=", "=info", "disk=info", "net=info=warn", "Warn", "net =warn"} {
		if l := (Levels{}); l.Read([]byte(value)) {
			t.Errorf("%q is %v", value, l)
		}
	}
}

// FuzzLevels: no value makes it panic or is read differently from its parts.
func FuzzLevels(f *testing.F) {
	f.Add("info,netdev=debug")
	f.Fuzz(func(t *testing.T, value string) {
		var l, parts Levels
		ok := l.Read([]byte(value))
		all := true
		for part := range strings.SplitSeq(value, ",") {
			all = parts.Read([]byte(part)) && all
		}
		if ok != all || ok && l != parts {
			t.Errorf("%q: %v %v, its parts %v %v", value, ok, l, all, parts)
		}
	})
}
