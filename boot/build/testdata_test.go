package build

import (
	"path/filepath"
	"slices"
	"testing"
)

// TestTestData: what is shared within a module is found, what is another's is not.
func TestTestData(t *testing.T) {
	dir := module(t, map[string]string{
		"go.mod": goMod, "a/testdata/x/testdata/y": "", "testdata/z": "", "b/b.go": "package b\n",
		"other/go.mod": "module example.com/other\n", "other/testdata/x": "", "vendor/v/testdata/x": "", ".git/testdata/x": "",
	})
	p := &Package{Dir: filepath.Join(dir, "b"), Module: dir}
	files, err := p.files()
	var got []string
	for _, f := range files {
		rel, _ := filepath.Rel(dir, f.Src)
		got = append(got, rel)
		if f.Dst != f.Src {
			t.Errorf("%s is packed as %s", f.Src, f.Dst)
		}
	}
	if want := []string{"b", "go.mod", "a/testdata", "testdata"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
}
