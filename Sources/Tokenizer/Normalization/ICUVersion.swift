import CICU

/// The versions of what normalisation and splitting rest on.
public enum ICUVersion {
  /// The version of the ICU library that is loaded, such as `72.1`.
  public static var library: String {
    let version = icu_version(0)
    return "\(version >> 8).\(version & 0xFF)"
  }

  /// The version of the Unicode standard that this library knows, such as `15.0`.
  public static var unicode: String { UnicodeVersion.icu.description }
}
