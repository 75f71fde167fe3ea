//go:build e2e

package e2e

import (
	"bytes"
	"flag"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"yolk/boot/build"
)

var (
	stressTime = flag.Duration("stress", 6*time.Second, "how long TestStress keeps each machine busy")
	stressSeed = flag.Uint64("seed", 0, "the seed that a failed TestStress printed; 0 for another one each time")
)

// TestStress keeps one machine of each platform, with as many processors as
// there are, busy with testdata/stress, while somebody types.
func TestStress(t *testing.T) {
	list := build.TestMachines()
	most := map[string]build.Machine{}
	for _, m := range list {
		if name := m.Name + "-" + m.Arch; m.CPUs > most[name].CPUs {
			most[name] = m
		}
	}
	for _, m := range list {
		if most[m.Name+"-"+m.Arch].String() == m.String() {
			t.Run(m.String(), machine{m}.stress)
		}
	}
}

func (m machine) stress(t *testing.T) {
	// The program finds out itself that something hangs, unless everything does.
	const patience = 2 * time.Minute
	args := []string{"-net", "none", "./testdata/stress", "--", "-console", "-time", stressTime.String(), "-patience", patience.String()}
	if m.lacks(memory) == "" {
		args = append([]string{"-memory", "256M"}, args...)
	}
	if m.Arch == "arm64" && m.lacks(memory) == "" {
		args = append([]string{"-assert"}, args...) // on one of them; the others are as they are used
	}
	if *stressSeed != 0 {
		args = append(args, "-seed", fmt.Sprint(*stressSeed))
	}
	cmd := within(t, *stressTime+2*patience, append(append([]string{"run"}, m.Flags()...), args...)...)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	typed := make(chan string, 1)
	go func() { typed <- typing(in, *stressTime) }()
	out, complaint, status := finish(t, cmd)
	for _, want := range []string{"stress: ok\n", "stress: console: " + <-typed} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q", want)
		}
	}
	if status != 0 {
		t.Errorf("status %d", status)
	}
	t.Logf("%v\n%s%s", cmd, out, complaint)
}

// typing writes lines to a machine's console for a while, ends its input, and
// returns how the program shall describe them.
func typing(w io.WriteCloser, length time.Duration) string {
	defer w.Close()
	sum, n := crc32.NewIEEE(), 0
	for end := time.Now().Add(length); time.Now().Before(end); n++ {
		line := bytes.Repeat([]byte{byte('a' + rand.IntN(26))}, rand.IntN(70))
		sum.Write(line)
		if _, err := w.Write(append(line, '\n')); err != nil {
			break // the machine has ended; its output says why
		}
		time.Sleep(20 * time.Millisecond) // the pace of input is part of the test
	}
	return fmt.Sprintf("%d lines, checksum %08x", n, sum.Sum32())
}
