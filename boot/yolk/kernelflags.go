package main

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"yolk/kernel/cmdline"
	"yolk/netdev"
)

// kernelFlags are the flags for the kernel's command line.
type kernelFlags struct {
	log       string
	grace     time.Duration
	env, opts []string
}

// usualGrace is the kernel's, when it is not told.
const usualGrace = 10 * time.Second

func (k *kernelFlags) add(f *pflag.FlagSet) {
	f.StringArrayVar(&k.env, "env", nil, "set a variable of the program's environment, `NAME=VALUE`, or NAME as it is here (repeatable)")
	f.StringVar(&k.log, "log", "", "kernel log `LEVEL`: error, warn, info, debug; for one library after a comma, as in warn,netdev=debug (boot, mem, net, netdev, usb)")
	f.DurationVar(&k.grace, "grace", usualGrace, "`TIME` that the program may take to end after Ctrl-C, SIGTERM or the power button; 0 is no limit")
	f.StringArrayVar(&k.opts, "opt", nil, "another kernel option, `KEY=VALUE`, such as ip=10.0.2.15/24 (repeatable)")
}

// knows reports whether a program's kernel has an option, and lists those it has. The
// kernel passes over others, because a board's firmware adds its own, so that a slip
// must be found here.
func knows(key string) (ok bool, list string) {
	var keys []string
	for _, k := range cmdline.Keys {
		keys = append(keys, k.Key)
	}
	return slices.Contains(keys, key), strings.Join(keys, ", ")
}

// timeOption tells a board, which has no clock that runs without power, the time:
// it starts from there. Certificates would else not be valid yet.
func timeOption() string { return fmt.Sprintf("time=%d", time.Now().Unix()) }

// kernelOptions adds the flags' options for the kernel's command line.
func (k *kernelFlags) kernelOptions(options []string) ([]string, error) {
	if k.log != "" {
		options = append(options, "log="+k.log)
	}
	switch {
	case k.grace < 0:
		return nil, fmt.Errorf("-grace %v is less than nothing", k.grace)
	case k.grace != usualGrace:
		options = append(options, fmt.Sprintf("grace=%d", (k.grace+time.Second-1)/time.Second))
	}
	for _, e := range k.env {
		if !strings.Contains(e, "=") {
			e += "=" + os.Getenv(e)
		}
		if strings.HasPrefix(e, "=") {
			return nil, fmt.Errorf("-env %s: the variable has no name", e)
		}
		options = append(options, "env="+e)
	}
	for _, o := range k.opts {
		key, _, ok := strings.Cut(o, "=")
		if !ok {
			return nil, fmt.Errorf("-opt %s is not KEY=VALUE", o)
		}
		if key == "grace" {
			return nil, fmt.Errorf("-opt %s: use -grace", o) // which the emulator's end goes by as well
		}
		if ok, list := knows(key); !ok {
			return nil, fmt.Errorf("-opt %s: the kernel has no option %s; it has %s", o, key, list)
		}
		options = append(options, o)
	}
	return options, checkOptions(options)
}

// checkOptions refuses what the kernel would, at boot, and by the same code.
func checkOptions(options []string) error {
	last := map[string]string{}
	for _, o := range options {
		key, value, _ := strings.Cut(o, "=")
		last[key] = value
		if s := cmdline.Find(key); s != nil {
			if _, ok := s.Value([]byte(value)); !ok {
				return fmt.Errorf("%s: %s= takes %s", o, key, s.Takes())
			}
		}
	}
	_, _, err := netdev.ParseOptions(func(key string) string { return last[key] })
	return err
}

// parseSize reads a number of bytes; a bare number counts MiB, as in QEMU.
func parseSize(s string) (int64, error) {
	digits, shift := s, 20
	for i, unit := range []string{"K", "M", "G"} {
		if d, ok := strings.CutSuffix(strings.TrimSuffix(strings.ToUpper(s), "B"), unit); ok {
			digits, shift = d, 10*(i+1)
		}
	}
	n, err := strconv.ParseInt(digits, 10, 32)
	if err != nil || n <= 0 {
		return 0, fmt.Errorf("memory size %q is not like 64M or 1G", s)
	}
	return n << shift, nil
}
