/// The workshop with a WordPiece tokenizer, its data and a masked run, made once for all tests.
enum MaskedWorkshop {
  static func folder() throws -> TemporaryFolder { try made.get() }

  private static let made = Result<TemporaryFolder, Workshop.Failure> {
    () throws(Workshop.Failure) in
    do {
      return try make()
    } catch {
      throw error as? Workshop.Failure ?? Workshop.Failure(reason: "\(error)")
    }
  }

  private static func make() throws -> TemporaryFolder {
    let folder = try Workshop.folder()
    for arguments in [
      [
        "tokenizer", "train", folder("text.txt"), "--type", "wordpiece", "--vocab-size", "120",
        "-o", folder("wordpiece"),
      ],
      [
        "data", "pack", folder("text.txt"), "--tokenizer", folder("wordpiece"), "-o",
        folder("masked-data"),
      ],
      [
        "pretrain", "--data", folder("masked-data"), "-o", folder("masked-run"), "--objective",
        "masked", "--depth", "2", "--width", "64", "--heads", "4", "--context", "12", "--batch",
        "128", "--steps", "300", "--learning-rate", "0.01", "--seed", "1", "--quiet",
      ],
    ] {
      let result = try Program.run(arguments)
      guard result.status == 0 else {
        throw Workshop.Failure(reason: "\(arguments): \(result.errors)")
      }
    }
    return folder
  }
}
