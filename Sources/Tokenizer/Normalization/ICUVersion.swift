import CICU

/// The versions of what normalisation and splitting rest on.
public enum ICUVersion {
  /// The version of the ICU library that is loaded, such as `72.1`.
  public static var library: String {
    var version = [UInt8](repeating: 0, count: 4)
    unsafe version.withUnsafeMutableBufferPointer { unsafe icu_library_version($0.baseAddress) }
    return "\(version[0]).\(version[1])"
  }

  /// The version of the Unicode standard that this library knows, such as `15.0`.
  public static var unicode: String { UnicodeVersion.icu.description }
}
