package cmdline

import "testing"

func TestCut(t *testing.T) {
	tests := []struct {
		tok, key, value string
		found           bool
	}{
		{"", "", "", false},
		{"key", "key", "", false},
		{"key=", "key", "", true},
		{"env=A=b", "env", "A=b", true},
		{"=v", "", "v", true},
	}
	for _, tt := range tests {
		key, value, found := Cut([]byte(tt.tok))
		if string(key) != tt.key || string(value) != tt.value || found != tt.found {
			t.Errorf("Cut(%q) = %q, %q, %v", tt.tok, key, value, found)
		}
	}
}

func TestParseDevice(t *testing.T) {
	tests := []struct {
		value string
		want  MMIODevice
		ok    bool
	}{
		{"512@0xfeb00e00:12", MMIODevice{0xfeb00e00, 512, 12}, true},
		{"0x200@0xFEB00E00:0xC:1", MMIODevice{0xfeb00e00, 512, 12}, true},
		{"4K@4096:5", MMIODevice{4096, 4096, 5}, true},
		{"1g@1:0", MMIODevice{1, 1 << 30, 0}, true},
		{"1M@0xffffffffffffffff:4294967295", MMIODevice{^uint64(0), 1 << 20, 1<<32 - 1}, true},
		{"512@0x10000000000000000:1", MMIODevice{}, false},
		{"512@1:4294967296", MMIODevice{}, false},
		{"0xffffffffffffffffk@1:1", MMIODevice{}, false},
		{"512@1", MMIODevice{}, false},
		{"512@1:", MMIODevice{}, false},
		{"512@1:2x", MMIODevice{}, false},
		{"512@:2", MMIODevice{}, false},
		{"512@0x:2", MMIODevice{}, false},
		{"@1:2", MMIODevice{}, false},
		{"512", MMIODevice{}, false},
		{"512M", MMIODevice{}, false},
		{"512T@1:2", MMIODevice{}, false},
		{"-1@1:2", MMIODevice{}, false},
		{"", MMIODevice{}, false},
	}
	for _, tt := range tests {
		got, ok := ParseDevice([]byte(devicePrefix + tt.value))
		if got != tt.want || ok != tt.ok {
			t.Errorf("%q: %+v, %v; want %+v, %v", tt.value, got, ok, tt.want, tt.ok)
		}
	}
	if _, ok := ParseDevice([]byte("512@1:2")); ok {
		t.Error("a token without the prefix was taken")
	}
}

func FuzzParseDevice(f *testing.F) {
	f.Add([]byte("512@0xfeb00e00:12"))
	f.Fuzz(func(t *testing.T, value []byte) {
		ParseDevice(append([]byte(devicePrefix), value...)) // must not panic
	})
}

func TestParseSeconds(t *testing.T) {
	for v, want := range map[string]uint64{"0": 0, "1795267991": 1795267991, "9223372036": 9223372036} {
		if s, ok := ParseSeconds([]byte(v)); !ok || s != want {
			t.Errorf("%q: %d, %v", v, s, ok)
		}
	}
	for _, v := range []string{"", "now", "-1", "12:00", "9223372037", "99999999999999999999"} {
		if s, ok := ParseSeconds([]byte(v)); ok {
			t.Errorf("%q: %d", v, s)
		}
	}
}
