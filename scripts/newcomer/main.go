// Newcomer goes the way of somebody who has just installed yolk, twice: with empty caches
// and then with full ones. It prints the time of each step as a table for README.md, and draws
// what the terminal showed the second time, as session.svg beside it; and what images weigh,
// as sizes.svg; and the status page of a web server, as status.png. Modules are downloaded
// before: that would be the network's time. The fourth picture, menu.svg, is drawn by
// TestMenuPicture in boot/yolk.
//
//	go run ./scripts/newcomer [-only PICTURE] out/yolk
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"yolk/boot/build"
	"yolk/boot/e2e/newcomer"
	"yolk/boot/qemu"
	"yolk/scripts/chart"
)

func main() {
	log.SetFlags(0)
	only := flag.String("only", "", "make one `PICTURE`, session or status, and measure nothing")
	flag.Parse()
	draw := map[string]func(yolk, root string) error{"": measure, "session": session, "status": photograph}[*only]
	if flag.NArg() != 1 || draw == nil {
		log.Fatal("newcomer: name the yolk command, and of pictures session or status")
	}
	yolk, err := filepath.Abs(flag.Arg(0))
	root, noRoot := build.Root()
	if err = errors.Join(err, noRoot); err == nil {
		err = draw(yolk, root)
	}
	if err != nil {
		log.Fatal("newcomer: ", err)
	}
}

// photograph makes status.png.
func photograph(yolk, root string) error {
	picture, err := statusPage(yolk, root)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(root, "scripts/newcomer/status.png"), picture, 0o644)
}

// session makes session.svg, with the caches that there are.
func session(yolk, root string) error {
	steps, err := walk(yolk)
	if err != nil {
		return err
	}
	return drawSession(root, steps)
}

func drawSession(root string, steps []newcomer.Step) error {
	return os.WriteFile(filepath.Join(root, "scripts/newcomer/session.svg"), terminal(newcomer.Lines(steps)), 0o644)
}

// measure prints the table, and makes the pictures.
func measure(yolk, root string) error {
	caches, err := os.MkdirTemp("", "newcomer")
	if err != nil {
		return err
	}
	defer os.RemoveAll(caches)
	empty := []string{"YOLK_CACHE=" + filepath.Join(caches, "yolk"), "GOCACHE=" + filepath.Join(caches, "go")}
	first, err := walk(yolk, empty...)
	if err != nil {
		return err
	}
	again, err := walk(yolk, empty...)
	if err != nil {
		return err
	}
	fmt.Println("| | first, s | again, s |\n|---|---|---|")
	for i := range first {
		fmt.Printf("| `%s` | %.1f | %.1f |\n", first[i].Command, first[i].Took.Seconds(), again[i].Took.Seconds())
	}
	weights, err := sizes(yolk, root, caches)
	return errors.Join(err, drawSession(root, again),
		os.WriteFile(filepath.Join(root, "scripts/newcomer/sizes.svg"), weights, 0o644), photograph(yolk, root))
}

// walk goes the way once, with caches that the environment names or else this computer's,
// and shows it with the port that people take.
func walk(yolk string, caches ...string) ([]newcomer.Step, error) {
	home, err := os.MkdirTemp("", "newcomer")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(home)
	port, err := qemu.FreePort("tcp")
	if err != nil {
		return nil, err
	}
	cache, err := build.Cache()
	if err != nil {
		return nil, err
	}
	folders, err := exec.Command("go", "env", "GOMODCACHE", "GOCACHE").Output()
	if err != nil {
		return nil, err
	}
	modules, goCache, _ := strings.Cut(strings.TrimSpace(string(folders)), "\n")
	p := newcomer.Path{Home: home, Yolk: yolk, Port: int(port),
		Env: append([]string{"GOMODCACHE=" + modules, "GOCACHE=" + goCache, "YOLK_CACHE=" + cache}, caches...)}
	steps, err := p.Walk(context.Background())
	for i := range steps {
		s := &steps[i]
		s.Command = strings.ReplaceAll(s.Command, fmt.Sprint(port), "8080")
		s.Output = strings.ReplaceAll(strings.ReplaceAll(s.Output, fmt.Sprint(port), "8080"), home, "~")
	}
	return steps, err
}

// sizes draws what images weigh, by what their programs do.
func sizes(yolk, root, folder string) ([]byte, error) {
	p := chart.Panel{Title: "An image has what its program needs: MB, the kernel included", Unit: " MB"}
	for _, program := range []struct{ name, does string }{
		{"helloworld", "prints a line"},
		{"ping", "answers pings, by itself"},
		{"l2fwd", "forwards packets"},
		{"daytime", "listens on a socket"},
		{"httpd", "serves web pages"},
	} {
		image := filepath.Join(folder, program.name+".yolk")
		cmd := exec.Command(yolk, "build", "-q", "-o", image, filepath.Join(root, "apps", program.name))
		if out, err := cmd.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("%s: %w\n%s", program.name, err, out)
		}
		st, err := os.Stat(image)
		if err != nil {
			return nil, err
		}
		p.Bars = append(p.Bars, chart.Bar{Name: program.does, Ink: chart.Ours, Value: float64(st.Size()) / 1e6})
	}
	return chart.Draw(p), nil
}
