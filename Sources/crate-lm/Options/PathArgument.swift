import ArgumentParser
import Glibc
import SystemPackage

/// A path on the command line, whose bytes need not be UTF-8.
struct PathArgument: ExpressibleByArgument {
  /// The argument as text, in which bytes that are not UTF-8 stand for themselves.
  let argument: String

  init(argument: String) { self.argument = argument }

  /// The path.
  var path: FilePath { RawBytes.path(argument) }

  var defaultValueDescription: String { argument }
}

/// Bytes as text: those that are not UTF-8 become scalars of a private use area, and back.
enum RawBytes {
  /// The scalar of the byte 0x80; a text that has one by itself is taken byte by byte.
  private static let first: UInt32 = 0x10_FF00
  private static let scalars = first + 0x80...first + 0xFF

  /// The arguments of the program, without its name.
  static var arguments: [String] {
    (1..<max(1, Int(CommandLine.argc))).compactMap { index in
      unsafe CommandLine.unsafeArgv[index].map { argument in
        unsafe text(UnsafeRawBufferPointer(start: argument, count: strlen(argument)).map { $0 })
      }
    }
  }

  /// `bytes` as text.
  static func text(_ bytes: [UInt8]) -> String {
    if let text = String(validating: bytes, as: UTF8.self),
      !text.unicodeScalars.contains(where: isRaw)
    {
      return text
    }
    return bytes.reduce(into: "") { text, byte in
      let value = byte < 0x80 ? UInt32(byte) : first + UInt32(byte)
      if let scalar = Unicode.Scalar(value) { text.unicodeScalars.append(scalar) }
    }
  }

  /// The path that `text` stands for.
  static func path(_ text: String) -> FilePath {
    guard text.unicodeScalars.contains(where: isRaw) else { return FilePath(text) }
    let bytes = text.unicodeScalars.flatMap { scalar in
      isRaw(scalar) ? [UInt8(scalar.value - first)] : Array(String(scalar).utf8)
    }
    return unsafe (bytes.map(CChar.init(bitPattern:)) + [0]).withUnsafeBufferPointer {
      unsafe $0.baseAddress.map { unsafe FilePath(platformString: $0) } ?? FilePath(text)
    }
  }

  private static func isRaw(_ scalar: Unicode.Scalar) -> Bool { scalars.contains(scalar.value) }
}
