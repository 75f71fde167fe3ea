package build

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"yolk/boot/image"
	"yolk/boot/output"
)

// What a program may be given of the machine that builds it: see [Options].With.
const (
	WithCA       = "ca"       // the certificates that it trusts
	WithZoneinfo = "zoneinfo" // time zones, those of Go
)

// Withs are all that there is.
var Withs = []string{WithCA, WithZoneinfo}

// authorities are where systems have them, by package crypto/x509, which looks first in
// the first.
var authorities = []string{
	"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
	"/etc/pki/tls/cacert.pem", "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/ssl/cert.pem",
}

// with returns the files that are asked for by name.
func (b *builder) with() (files []image.Files, err error) {
	for _, name := range b.o.With {
		var f image.Files
		switch name {
		case WithCA:
			f, err = findAuthorities(append([]string{os.Getenv("SSL_CERT_FILE")}, authorities...))
		case WithZoneinfo:
			f, err = b.zones()
		default:
			err = fmt.Errorf("-with %s: there is %s", name, strings.Join(Withs, ", "))
		}
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	return files, nil
}

func findAuthorities(places []string) (image.Files, error) {
	for _, name := range places {
		if real, err := filepath.EvalSymlinks(name); name != "" && err == nil {
			return image.Files{Src: real, Dst: authorities[0]}, nil
		}
	}
	return image.Files{}, errors.New("-with ca: this machine has no file of certificates; name one by SSL_CERT_FILE")
}

// zones unpacks the time zones that come with Go, once for each release.
func (b *builder) zones() (image.Files, error) {
	from := filepath.Join(b.release.goroot, "lib/time/zoneinfo.zip")
	dir := filepath.Join(b.cache, "zoneinfo", b.release.Version)
	err := output.Folder(dir, func(dir string) error {
		z, err := zip.OpenReader(from)
		if err != nil {
			return fmt.Errorf("-with zoneinfo: %w", err)
		}
		defer z.Close()
		for _, f := range z.File {
			if err := unzip(dir, f); err != nil {
				return fmt.Errorf("%s: %w", from, err)
			}
		}
		return nil
	})
	return image.Files{Src: dir, Dst: "/usr/share/zoneinfo"}, err
}

func unzip(dir string, f *zip.File) error {
	if !filepath.IsLocal(f.Name) {
		return fmt.Errorf("%s leads elsewhere", f.Name)
	}
	to := filepath.Join(dir, f.Name)
	if f.FileInfo().IsDir() {
		return os.MkdirAll(to, 0o755)
	}
	in, err := f.Open()
	if err != nil {
		return err
	}
	defer in.Close()
	b, err := io.ReadAll(in)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(to), 0o755)
	}
	if err != nil {
		return err
	}
	return os.WriteFile(to, b, 0o644)
}

// lacks reports whether the program is not given what -with name gives, nor the folder or
// file that this is, by -files.
func (o *Options) lacks(name, at string) bool {
	return !slices.Contains(o.With, name) && !slices.ContainsFunc(o.Files, func(f image.Files) bool {
		return f.Dst == "/" || strings.HasPrefix(at+"/", f.Dst+"/") || strings.HasPrefix(f.Dst, at)
	})
}
