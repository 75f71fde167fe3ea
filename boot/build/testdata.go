package build

import (
	"io/fs"
	"os"
	"path/filepath"

	"yolk/boot/image"
)

// files are what the package's tests may read: its folder, and of its module the go.mod, by
// which they find the way, and each folder testdata, as packages share them. They are packed
// at their own paths.
func (p *Package) files() ([]image.Files, error) {
	paths := []string{p.Dir}
	if p.Module != "" {
		more, err := testData(p.Module)
		if err != nil {
			return nil, err
		}
		paths = append(paths, more...)
	}
	files := make([]image.Files, len(paths))
	for i, path := range paths {
		files[i] = image.Files{Src: path, Dst: filepath.ToSlash(path)}
	}
	return files, nil
}

// testData lists the go.mod and the folders testdata of the module in dir, but not those of
// modules within it, nor what the go command passes over.
func testData(dir string) (paths []string, err error) {
	err = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil || !e.IsDir():
			return err
		case path == dir:
			paths = append(paths, filepath.Join(dir, "go.mod"))
		case e.Name() == "testdata":
			paths = append(paths, path)
			return fs.SkipDir
		case e.Name() == "vendor" || e.Name() == "node_modules" || e.Name()[0] == '.' || e.Name()[0] == '_' || isModule(path):
			return fs.SkipDir
		}
		return nil
	})
	return paths, err
}

func isModule(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	return err == nil
}
