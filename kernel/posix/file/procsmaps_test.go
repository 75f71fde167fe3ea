package file

import (
	"os"
	"strings"
	"testing"

	"yolk/kernel/abi"
)

// TestSmaps: each mapping has its memory, as Linux would count and write it, and smaps_rollup
// has the sum.
func TestSmaps(t *testing.T) {
	defer func(after func(uint64, *abi.Region) bool, parts func() []abi.Region, in func(uint64, uint64, *abi.Resident) bool) {
		regionAfter, imageParts, residentIn = after, parts, in
	}(regionAfter, imageParts, residentIn)
	regions := []abi.Region{
		{Start: 0x100000, End: 0x102000, Prot: 5}, // these two are the image's
		{Start: 0x102000, End: 0x103000, Prot: 3},
		{Start: 0xc000000000, End: 0xc000400000, Prot: 3},
		{Start: 0x7f0000000000, End: 0x7f0000004000, Object: 7, Prot: 3, Shared: 1},
	}
	imageParts = func() []abi.Region { return regions[:2] }
	regionAfter = func(addr uint64, r *abi.Region) bool {
		for _, known := range regions[2:] {
			if known.End > addr {
				*r = known
				return true
			}
		}
		return false
	}
	residentIn = func(start, end uint64, r *abi.Resident) bool {
		switch {
		case start == 0xc000000000: // in two parts
			*r = abi.Resident{Next: start + 2<<20, Own: 512, Large: 512}
		case start >= 0x7f0000000000:
			*r = abi.Resident{Next: end, Own: 1, Lent: 2, Written: 1}
		default:
			*r = abi.Resident{Next: end, Own: 1}
		}
		return true
	}
	text := string(procSmaps())
	blocks := strings.Split(text, "VmFlags: ")
	if len(blocks) != 5 {
		t.Fatalf("%d mappings in\n%s", len(blocks)-1, text)
	}
	for i, want := range []struct {
		flags string
		kb    map[string]string
	}{
		{"rd ex mr mw me \n", map[string]string{"Size": "8", "Rss": "4", "Private_Clean": "4", "Private_Dirty": "0", "Anonymous": "0"}},
		{"rd wr mr mw me \n", map[string]string{"Size": "4", "Rss": "4", "Private_Clean": "0", "Private_Dirty": "4", "Anonymous": "4"}},
		{"rd wr mr mw me \n", map[string]string{"Size": "4096", "Rss": "2052", "Pss": "2052", "Private_Dirty": "2052", "Anonymous": "2052", "AnonHugePages": "2048"}},
		{"rd wr sh mr mw me \n", map[string]string{"Size": "16", "Rss": "12", "Private_Clean": "4", "Private_Dirty": "8", "Anonymous": "4", "Referenced": "12"}},
	} {
		if !strings.HasPrefix(blocks[i+1], want.flags) {
			t.Errorf("mapping %d: flags %.30q, want %q", i, blocks[i+1], want.flags)
		}
		for name, kb := range want.kb {
			if got := kilobytes(blocks[i], name); got != kb {
				t.Errorf("mapping %d: %s %q, want %q", i, name, got, kb)
			}
		}
	}
	rollup := string(procSmapsRollup())
	if first, _, _ := strings.Cut(rollup, "\n"); squeeze(first) != "00100000-7f0000004000 ---p 00000000 00:00 0 [rollup]" {
		t.Errorf("%q", first)
	}
	for name, kb := range map[string]string{"Rss": "2072", "Private_Clean": "8", "Private_Dirty": "2064", "Anonymous": "2060", "AnonHugePages": "2048"} {
		if got := kilobytes(rollup, name); got != kb {
			t.Errorf("all: %s %q, want %q", name, got, kb)
		}
	}

	// Each line is one of Linux', written alike.
	own, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(text) {
		name, _, _ := strings.Cut(line, ":")
		if strings.Contains(name, "-") || name == "Pss_Dirty" { // where a mapping is; Linux 6.0 and newer
			continue
		}
		at := strings.Index(string(own), "\n"+name+":")
		if at < 0 {
			t.Errorf("Linux has no %s", name)
		} else if other, _, _ := strings.Cut(string(own[at+1:]), "\n"); name != "VmFlags" && len(other) != len(line)-1 {
			t.Errorf("%q is as long as %q", line, other)
		}
	}
}

// kilobytes is what a line of smaps says.
func kilobytes(text, name string) string {
	_, rest, _ := strings.Cut(text, "\n"+name+":")
	value, _, _ := strings.Cut(rest, " kB\n")
	return strings.TrimSpace(value)
}
