package build

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"yolk/boot/overlay"
)

// The injected files, which exist in the overlay only. The names sort last so
// that they do not hide another file in a listing of errors.
const (
	platFile = "zz_yolk_plat.go"
	testFile = "zz_yolk_test.go"
)

// inject writes, in dir, the file that makes a program of p an image for the
// platform, and adds it to r. A test gets it as an external test file, which
// may import anything without an import cycle. onlyPrints chooses the small
// stand-in for the file calls.
func inject(r overlay.Replace, dir string, p *Package, plat Platform, test, onlyPrints bool) error {
	name, clause := platFile, p.Name
	if test {
		name, clause = testFile, p.Name+"_test"
	}
	real := filepath.Join(p.Dir, name)
	if _, err := os.Lstat(real); err == nil {
		return fmt.Errorf("%s exists, but that name is Yolk's to inject: rename it", real)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "package %s\n\nimport _ %q\n", clause, plat.imports.Base)
	switch {
	case onlyPrints:
		fmt.Fprintf(&b, "import _ %q\n", plat.imports.Console)
	case p.UsesNet:
		fmt.Fprintf(&b, "import _ %q\n", plat.imports.Net)
		fallthrough
	default:
		fmt.Fprintf(&b, "import _ %q\n", plat.imports.Files)
	}
	file := filepath.Join(dir, name)
	r[real] = file
	return os.WriteFile(file, []byte(b.String()), 0o644)
}
