// Package scaffold begins a program, a server, a network function or a driver outside
// Yolk's own repository: yolk new. What it copies are packages of the repository, which
// are compiled and tested there, so that a beginning is never out of date.
//
// It imports nothing of Yolk.
package scaffold

import (
	"bytes"
	"errors"
	"fmt"
	"go/format"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
)

// A Kind is what can be begun.
type Kind struct {
	Name, About string
	from        string      // the package that is copied, in Yolk's sources
	imports     bool        // it imports packages of Yolk
	library     bool        // it is no program
	change      [][2]string // of its text; NAME stands for the new name
	settings    string      // yolk.yaml
	use         string      // what the README says to do first
}

// Kinds are all there are.
var Kinds = []Kind{
	{Name: "program", About: "a program that prints", from: "boot/scaffold/program",
		change:   [][2]string{{"// Hello greets: yolk new program begins with it.", "// Command NAME greets."}},
		settings: "memory: 32M\n",
		use:      "    go run . Ada             # here\n    yolk run . -- Ada        # on a machine of its own\n"},
	{Name: "server", About: "a web server", from: "boot/scaffold/server",
		change:   [][2]string{{"// Hello is a web server: yolk new server begins with it.", "// Command NAME is a web server."}},
		settings: "memory: 64M\np: \"8080:8080\"\n",
		use:      "    go run .                 # here\n    yolk run .               # says when http://127.0.0.1:8080/ answers\n"},
	{Name: "function", About: "a network function on the packet API, which answers ARP and pings", from: "apps/ping", imports: true,
		change:   [][2]string{{"// Ping answers pings", "// Command NAME answers pings"}, {`"ping: `, `"NAME: `}},
		settings: "memory: 32M\nnet: tap:tap0\nopt:\n  ip: 192.0.2.2/24\n",
		use: "    sudo ip tuntap add tap0 mode tap user $USER\n    sudo ip addr add 192.0.2.1/24 dev tap0\n    sudo ip link set tap0 up\n" +
			"    yolk run .               # in another terminal: ping 192.0.2.2\n    yolk run -plat linuxu .  # the same program as a process here\n"},
	{Name: "driver", About: "a driver for a network card, which so far is a cable in software", from: "netdev/pipe", imports: true, library: true,
		change: [][2]string{{"package pipe", "package NAME"}, {"Package pipe", "Package NAME"}, {`"yolk/netdev/pipe"`, `"MODULE"`}, {"pipe.", "NAME."}, {`"pipe"`, `"NAME"`}, {`"pipe: `, `"NAME: `}},
		use: "    go test ./...            # the conformance suite that every driver passes\n\n" +
			"A program imports it and calls `netdev.Register` with a driver; that is card 0 to it then.\n"},
}

// Find returns the kind of that name.
func Find(name string) (*Kind, bool) {
	i := slices.IndexFunc(Kinds, func(k Kind) bool { return k.Name == name })
	if i < 0 {
		return nil, false
	}
	return &Kinds[i], true
}

// ErrExists says that nothing is written over.
var ErrExists = errors.New("exists already: name a folder that does not")

var identifier = regexp.MustCompile(`^[a-z][a-z0-9]*$`)

// New makes the folder dir for a module of that path, "" for the folder's name, from
// Yolk's sources at root.
func (k *Kind) New(dir, modulePath, root string) error {
	name := filepath.Base(dir)
	if modulePath == "" {
		modulePath = name
	}
	if err := module.CheckImportPath(modulePath); err != nil {
		return fmt.Errorf("the module cannot be called %s: %w", modulePath, err)
	}
	if k.library && !identifier.MatchString(path.Base(modulePath)) {
		return fmt.Errorf("a package cannot be called %s: take small letters and digits", path.Base(modulePath))
	}
	files, err := k.files(modulePath, root)
	if err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o755); errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s %w", dir, ErrExists)
	} else if err != nil {
		return err
	}
	for file, text := range files {
		if err := os.WriteFile(filepath.Join(dir, file), text, 0o644); err != nil {
			return errors.Join(err, os.RemoveAll(dir))
		}
	}
	return nil
}

// files are the new module's, by name.
func (k *Kind) files(modulePath, root string) (map[string][]byte, error) {
	name := path.Base(modulePath)
	goMod, err := k.goMod(modulePath, root)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{"go.mod": goMod, ".gitignore": []byte("*.yolk\n*.elf\n/" + name + "\n"), "README.md": k.readme(name, root)}
	if k.settings != "" {
		files["yolk.yaml"] = []byte(k.settings)
	}
	sources, err := filepath.Glob(filepath.Join(root, k.from, "*.go"))
	if err != nil || len(sources) == 0 {
		return nil, errors.Join(err, fmt.Errorf("%s has no %s", root, k.from))
	}
	for _, source := range sources {
		text, err := os.ReadFile(source)
		if err != nil {
			return nil, err
		}
		s := string(text)
		for _, c := range k.change {
			s = strings.ReplaceAll(s, c[0], strings.NewReplacer("NAME", name, "MODULE", modulePath).Replace(c[1]))
		}
		// Imports and comments are in another order by another name.
		if files[filepath.Base(source)], err = format.Source([]byte(s)); err != nil {
			return nil, fmt.Errorf("%s: %w", source, err)
		}
	}
	return files, nil
}

// goMod requires Yolk where its packages are imported, from its sources on this computer:
// so go build, go vet and editors find them.
func (k *Kind) goMod(modulePath, root string) ([]byte, error) {
	text, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return nil, err
	}
	ours, err := modfile.ParseLax("go.mod", text, nil)
	if err != nil {
		return nil, err
	}
	var f modfile.File
	err = errors.Join(f.AddModuleStmt(modulePath), f.AddGoStmt(ours.Go.Version))
	if k.imports {
		err = errors.Join(err, f.AddRequire("yolk", "v0.0.0"), f.AddReplace("yolk", "", root, ""))
	}
	if err != nil {
		return nil, err
	}
	return modfile.Format(f.Syntax), nil
}

func (k *Kind) readme(name, root string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# %s\n\nBegun by `yolk new %s`.\n\n%s", name, k.Name, strings.ReplaceAll(k.use, "NAME", name))
	fmt.Fprintf(&b, "    go test . && yolk test . # its tests, here and on a machine\n")
	if k.imports {
		fmt.Fprintf(&b, `
## Publishing

go.mod says where Yolk's sources are on this computer (%s), because the
module yolk is on no proxy. Whoever builds this elsewhere has their own: they run

    go mod edit -replace yolk=/their/yolk

once, or keep it out of go.mod, in a go.work that is not committed:

    go work init . /their/yolk
`, "`"+root+"`")
	}
	return b.Bytes()
}
