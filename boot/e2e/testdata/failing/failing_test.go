// Package failing has one test that passes and two that do not, for a look at
// how `yolk test` reports them.
package failing

import (
	"os"
	"testing"
)

func TestData(t *testing.T) {
	b, err := os.ReadFile("testdata/file")
	if err != nil || string(b) != "present\n" {
		t.Error(string(b), err)
	}
}

func TestFails(t *testing.T) { t.Error("on purpose") }

func TestMissing(t *testing.T) {
	if _, err := os.ReadFile("testdata/absent"); err != nil {
		t.Error(err)
	}
}
