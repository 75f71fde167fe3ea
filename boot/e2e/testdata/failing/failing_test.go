package failing

import "testing"

func TestData(t *testing.T) {
	if text, err := read("testdata/file"); err != nil || text != "present\n" {
		t.Error(text, err)
	}
}

func TestFails(t *testing.T) { t.Error("on purpose") }

func TestMissing(t *testing.T) {
	if _, err := read("testdata/absent"); err != nil {
		t.Error(err)
	}
}
