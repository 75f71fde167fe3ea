//go:build linux

package main

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"yolk/scripts/kvm/task"
)

// factor is how much slower than on Linux a job of the stress program may go.
const factor = 2

// turns is how often each of the two runs, one after the other: the host's speed may
// change in between.
const turns = 2

// compare runs a machine and a Linux guest with the stress program.
func compare(t task.Task) error {
	linux, ours := map[string]int{}, map[string]int{}
	for range turns {
		if err := rounds(linux, t.Linux, t.Want, linuxSuccess); err != nil {
			return fmt.Errorf("the Linux guest: %w", err)
		}
		if err := rounds(ours, t.Args, t.Want, success); err != nil {
			return err
		}
	}
	var text strings.Builder
	var slow []string
	for _, job := range slices.Sorted(maps.Keys(linux)) {
		fmt.Fprintf(&text, " %s %d/%d", job, ours[job], linux[job])
		if ours[job]*factor < linux[job] {
			slow = append(slow, job)
		}
	}
	fmt.Printf("kvm: %s: rounds here/on Linux:%s\n", t.Name, text.String())
	if slow != nil {
		return fmt.Errorf("less than 1/%d of the Linux guest's rounds: %s", factor, strings.Join(slow, ", "))
	}
	fmt.Printf("kvm: %s: ok\n", t.Name)
	return nil
}

// round is one count in the stress program's report.
var round = regexp.MustCompile(`([a-z]+):([0-9]+)`)

// rounds runs the stress program and adds the rounds of each job in its second phase
// to sums.
func rounds(sums map[string]int, args []string, want string, status int) error {
	m, err := start(args, want)
	if err != nil {
		return err
	}
	if err := m.end(status); err != nil {
		return err
	}
	counts := map[string]int{}
	for line := range strings.Lines(m.out.String()) {
		if list, ok := strings.CutPrefix(line, "stress: rounds: map["); ok {
			for _, r := range round.FindAllStringSubmatch(list, -1) {
				counts[r[1]], _ = strconv.Atoi(r[2])
			}
		}
	}
	if len(counts) == 0 {
		return m.fault("it reported no rounds")
	}
	for job, n := range counts {
		sums[job] += n
	}
	return nil
}
