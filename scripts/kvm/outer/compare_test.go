//go:build linux

package main

import "testing"

// TestBehind: half of the rounds is enough, and fewer where so few may be by chance.
func TestBehind(t *testing.T) {
	for _, c := range []struct {
		ours, linux int
		want        bool
	}{
		{1000, 2000, false}, {900, 2000, true}, {1000, 1000, false},
		{0, 3, false}, {0, 20, true}, {8, 20, false}, {0, 0, false},
	} {
		if got := behind(c.ours, c.linux); got != c.want {
			t.Errorf("%d rounds, and %d on Linux: %v", c.ours, c.linux, got)
		}
	}
}
