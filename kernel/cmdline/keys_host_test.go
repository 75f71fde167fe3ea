//go:build !yolk

package cmdline

import (
	"slices"
	"testing"
)

// TestKeys: what has a Spec can be given, and the list is in order.
func TestKeys(t *testing.T) {
	var keys []string
	for _, k := range Keys {
		keys = append(keys, k.Key)
	}
	if !slices.IsSorted(keys) {
		t.Errorf("%q are in no order", keys)
	}
	for _, s := range specs {
		if !slices.Contains(keys, s.Key) {
			t.Errorf("%s= cannot be given", s.Key)
		}
	}
}
